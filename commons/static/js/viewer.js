// A model on its bench: shows a GLB (glTF: metres, y up), draws only when something changed.
import {
  AmbientLight, Box3, BufferGeometry, DirectionalLight, EdgesGeometry, Float32BufferAttribute, GLTFLoader,
  HemisphereLight, LineBasicMaterial, LineSegments, MeshStandardMaterial, OrbitControls, PerspectiveCamera,
  Scene, Vector3, WebGLRenderer,
} from "../vendor/three.js";

const EDGE_ANGLE_DEGREES = 28;
const EDGES_UP_TO_TRIANGLES = 150_000;
const REFIT_AT_RATIO = 1.6;
const FIRST_DIRECTION = new Vector3(-0.75, 0.7, 1).normalize();

/** Whether this browser can draw in three dimensions at all, asked without leaving an error in the console. */
function webgl(canvas) {
  return canvas.getContext("webgl2", { antialias: true, alpha: true, powerPreference: "low-power" });
}

export class Viewer {
  /** Fills `container` with a canvas, or throws where there is no WebGL 2. */
  constructor(container, label) {
    const canvas = document.createElement("canvas");
    const context = webgl(canvas);
    if (!context) throw new Error("This browser draws no 3D.");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", label);
    this.renderer = new WebGLRenderer({ canvas, context });
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.container = container;
    this.retired = [];
    this.scene = new Scene();
    this.camera = new PerspectiveCamera(32, 1, 0.001, 100);
    this.key = new DirectionalLight(0xffffff, 2.2);
    this.scene.add(new HemisphereLight(0xffffff, 0x8a9a93, 1.5), new AmbientLight(0xffffff, 0.35), this.camera);
    this.camera.add(this.key);
    this.key.position.set(0.6, 1, 0.4);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.addEventListener("change", () => this.draw());
    canvas.addEventListener("keydown", (event) => this.#onKey(event));
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", () => this.#lines());
    container.append(canvas);
    new ResizeObserver(() => this.#resize()).observe(container);
    this.#resize();
  }

  /**
   * Replaces what is shown; the camera stays, unless the size is another altogether. `glb` is an ArrayBuffer.
   * Returns {sizeMm: [x, y, z], parts: [{name, colour, object}]}, colours as "#rrggbb"; nothing where a newer one came.
   */
  async show(glb) {
    const turn = (this.turn = {});
    const { scene: model } = await new GLTFLoader().parseAsync(glb, "");
    if (this.turn !== turn) return undefined;
    this.#retire();
    // One root node, and in it one node a part. The loader changes names it cannot use in animations; these are whole.
    const nodes = model.children.flatMap(({ children }) => children);
    const parts = nodes.map((object) => ({ name: object.userData.name, colour: paint(object), object }));
    this.model = model;
    this.box = new Box3().setFromObject(model);
    const size = this.box.getSize(new Vector3());
    this.scene.add(model);
    this.#grid(size);
    this.#lines();
    const reach = size.length();
    if (!this.fitted || Math.max(reach / this.fitted, this.fitted / reach) > REFIT_AT_RATIO) this.fit();
    this.draw();
    // On the bench y is up; a CAD person reads width, depth, height.
    return { sizeMm: [size.x, size.z, size.y].map((metres) => metres * 1000), parts };
  }

  /** The whole model in view; from the corner we look from first, unless `direction` says otherwise. */
  fit(direction = FIRST_DIRECTION) {
    if (!this.box) return;
    const centre = this.box.getCenter(new Vector3());
    const reach = this.box.getSize(new Vector3()).length();
    const angle = (Math.min(this.camera.fov, this.camera.fov * this.camera.aspect) * Math.PI) / 360;
    const distance = (reach / 2 / Math.sin(angle)) * 1.02;
    this.camera.near = distance / 100;
    this.camera.far = distance * 100;
    this.camera.updateProjectionMatrix();
    this.controls.target.copy(centre);
    this.camera.position.copy(centre).addScaledVector(direction, distance);
    this.controls.update();
    this.fitted = reach;
    this.draw();
  }

  /** One drawing at the next frame, however often it is asked for before. */
  draw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.renderer.render(this.scene, this.camera);
      this.#discard();
    });
  }

  #onKey(event) {
    const turn = Math.PI / 18;
    const moves = {
      ArrowLeft: () => this.#orbit(-turn, 0),
      ArrowRight: () => this.#orbit(turn, 0),
      ArrowUp: () => this.#orbit(0, -turn),
      ArrowDown: () => this.#orbit(0, turn),
      "+": () => this.#zoom(0.85),
      "=": () => this.#zoom(0.85),
      "-": () => this.#zoom(1 / 0.85),
      Home: () => this.fit(),
    };
    if (!moves[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    moves[event.key]();
  }

  #orbit(around, over) {
    const arm = this.camera.position.clone().sub(this.controls.target);
    const length = arm.length();
    const azimuth = Math.atan2(arm.x, arm.z) + around;
    const polar = Math.min(Math.PI - 0.05, Math.max(0.05, Math.acos(arm.y / length) + over));
    arm.setFromSphericalCoords(length, polar, azimuth);
    this.camera.position.copy(this.controls.target).add(arm);
    this.controls.update();
  }

  #zoom(factor) {
    this.camera.position.sub(this.controls.target).multiplyScalar(factor).add(this.controls.target);
    this.controls.update();
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.container;
    if (!width || !height) return;
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.renderer.setSize(width, height, false);
    this.draw();
  }

  /** Lines every 10 mm under the model, a little wider than it. */
  #grid(size) {
    const step = 0.01;
    const [halfX, halfZ] = [size.x, size.z].map((length) => (Math.ceil(length / 2 / step) + 2) * step);
    const centre = this.box.getCenter(new Vector3());
    const points = [];
    for (let x = -halfX; x <= halfX + 1e-6; x += step) points.push(x, 0, -halfZ, x, 0, halfZ);
    for (let z = -halfZ; z <= halfZ + 1e-6; z += step) points.push(-halfX, 0, z, halfX, 0, z);
    const geometry = new BufferGeometry().setAttribute("position", new Float32BufferAttribute(points, 3));
    this.grid = new LineSegments(geometry, new LineBasicMaterial());
    this.grid.position.set(centre.x, this.box.min.y, centre.z);
    this.scene.add(this.grid);
  }

  /** Colours of what is drawn as lines: the grid and the edges follow the colour scheme. */
  #lines() {
    this.grid?.material.color.set(this.dark.matches ? "#34544e" : "#aebdb6");
    this.model?.traverse((object) => {
      if (object.isLineSegments) object.material.color.set(this.dark.matches ? "#0c1312" : "#21302d");
    });
    this.draw();
  }

  /** What is shown makes way; disposed of only once the next is drawn, or its shaders are compiled anew each time. */
  #retire() {
    for (const old of [this.model, this.grid]) {
      if (!old) continue;
      old.removeFromParent();
      this.retired.push(old);
    }
  }

  #discard() {
    for (const old of this.retired.splice(0)) {
      old.traverse((object) => {
        object.geometry?.dispose();
        object.material?.dispose();
      });
    }
  }
}

/** A matt surface in the colour the file gives the part, and its edges. Returns that colour. */
function paint(part) {
  const meshes = [];
  part.traverse((object) => object.isMesh && meshes.push(object));
  for (const mesh of meshes) {
    const lit = Boolean(mesh.geometry.getAttribute("normal"));
    mesh.material = new MeshStandardMaterial({
      color: mesh.material.color, roughness: 0.75, metalness: 0, flatShading: !lit,
      polygonOffset: true, polygonOffsetFactor: 1, polygonOffsetUnits: 1,
    });
    const triangles = (mesh.geometry.index ?? mesh.geometry.getAttribute("position")).count / 3;
    if (triangles > EDGES_UP_TO_TRIANGLES) continue;
    const edges = new EdgesGeometry(mesh.geometry, EDGE_ANGLE_DEGREES);
    mesh.add(new LineSegments(edges, new LineBasicMaterial({ transparent: true, opacity: 0.55 })));
  }
  return `#${meshes[0].material.color.getHexString()}`;
}
