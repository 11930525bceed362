"""What Marlin 2.1 says of itself, line by line, for a printer of 220 × 220 × 250 mm.

The words of `gcode/host/M115.cpp`, `module/settings.cpp` (M503) and `gcode/control/M211.cpp` in 2.1.2.
"""

from collections.abc import Iterator, Mapping

DEFAULT_UUID = "cede2a2f-41a2-4748-9b12-c55c62f367ff"
"""Of every Marlin that was built without one of its own (`inc/Version.h`)."""
FIRST = (
    "FIRMWARE_NAME:Marlin 2.1.2.5 (virtual) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
    "PROTOCOL_VERSION:1.0 MACHINE_TYPE:Virtual printer EXTRUDER_COUNT:1"
)

_CAPABILITIES: Mapping[str, bool] = {
    "SERIAL_XON_XOFF": False,
    "BINARY_FILE_TRANSFER": False,
    "EEPROM": False,
    "VOLUMETRIC": True,
    "AUTOREPORT_POS": False,
    "AUTOREPORT_TEMP": True,
    "PROGRESS": False,
    "PRINT_JOB": True,
    "AUTOLEVEL": False,
    "RUNOUT": False,
    "Z_PROBE": False,
    "LEVELING_DATA": False,
    "BUILD_PERCENT": True,
    "SOFTWARE_POWER": False,
    "TOGGLE_LIGHTS": False,
    "CASE_LIGHT_BRIGHTNESS": False,
    "EMERGENCY_PARSER": False,
    "HOST_ACTION_COMMANDS": False,
    "PROMPT_SUPPORT": False,
    "SDCARD": False,
    "MULTI_VOLUME": False,
    "REPEAT": False,
    "SD_WRITE": False,
    "AUTOREPORT_SD_STATUS": False,
    "LONG_FILENAME": False,
    "LFN_WRITE": False,
    "CUSTOM_FIRMWARE_UPLOAD": False,
    "EXTENDED_M20": False,
    "THERMAL_PROTECTION": True,
    "MOTION_MODES": False,
    "ARCS": True,
    "BABYSTEPPING": False,
    "CHAMBER_TEMPERATURE": False,
    "COOLER_TEMPERATURE": False,
    "MEATPACK": False,
    "CONFIG_EXPORT": False,
}


def capabilities(has: Mapping[str, bool], uuid: str) -> Iterator[str]:
    """The answer to M115; `has` says which capabilities differ from a plain build's."""
    yield f"{FIRST} UUID:{uuid}"
    for name, present in (dict(_CAPABILITIES) | dict(has)).items():
        yield f"Cap:{name}:{int(present)}"


SETTINGS = (
    "echo:; Linear Units:",
    "echo:  G21 ; (mm)",
    "echo:; Temperature Units:",
    "echo:  M149 C ; Units in Celsius",
    "echo:; Filament settings (Disabled):",
    "echo:  M200 S0 D1.75",
    "echo:; Steps per unit:",
    "echo:  M92 X80.00 Y80.00 Z400.00 E93.00",
    "echo:; Max feedrates (units/s):",
    "echo:  M203 X500.00 Y400.00 Z5.00 E25.00",
    "echo:; Max Acceleration (units/s2):",
    "echo:  M201 X3000.00 Y2500.00 Z100.00 E10000.00",
    "echo:; Acceleration (units/s2) (P<print-accel> R<retract-accel> T<travel-accel>):",
    "echo:  M204 P1000.00 R1000.00 T1000.00",
    "echo:; Advanced (B<min_segment_time_us> S<min_feedrate> T<min_travel_feedrate> J<junc_dev>):",
    "echo:  M205 B20000.00 S0.00 T0.00 J0.08",
    "echo:; Home offset:",
    "echo:  M206 X0.00 Y0.00 Z0.00",
    "echo:; Material heatup parameters:",
    "echo:  M145 S0 H200.00 B60.00 F255",
    "echo:  M145 S1 H240.00 B110.00 F255",
    "echo:; Hotend PID:",
    "echo:  M301 P22.20 I1.08 D114.00",
    "echo:; Bed PID:",
    "echo:  M304 P54.03 I10.81 D180.10",
)
"""The answer to M503."""

SOFTWARE_ENDSTOPS = ("  M211 S1 ; ON", "  Min:  X0.00 Y0.00 Z0.00   Max:  X220.00 Y220.00 Z250.00")
"""The answer to M211."""
