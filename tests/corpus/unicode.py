# -*- coding: utf-8 -*-
import cadquery as cq

# [Größe]
größe = 20.0   # [10:50] mm  Größe – die äußere
名 = "箱"
π_ish = 3.0

würfel = cq.Workplane().box(größe, größe, π_ish)
show_object(würfel, name=f"Würfel {名}")

#: values = {"größe" = 10.0}
#: [parts."W-rfel"]
#: volume = "300"
