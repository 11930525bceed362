"""What real machines answered, as their logs have it."""

MARLIN_21 = {
    "M115": (
        "FIRMWARE_NAME:Marlin 2.1.2.1 (Jun 10 2023 16:54:06) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin"
        " PROTOCOL_VERSION:1.0 MACHINE_TYPE:Ender-3 V2 EXTRUDER_COUNT:1 UUID:CA319A00-0000-0000-0000-00BE174103D4",
        "Cap:SERIAL_XON_XOFF:0",
        "Cap:EEPROM:1",
        "Cap:AUTOREPORT_TEMP:1",
        "Cap:EMERGENCY_PARSER:0",
        "Cap:ARCS:1",
    ),
    "M503": (
        "echo:; Linear Units:",
        "echo:  G21 ; (mm)",
        "echo:; Steps per unit:",
        "echo:  M92 X80.00 Y80.00 Z400.00 E93.00",
        "echo:; Max feedrates (units/s):",
        "echo:  M203 X300.00 Y250.00 Z5.00 E25.00",
        "echo:; Max Acceleration (units/s2):",
        "echo:  M201 X500.00 Y600.00 Z100.00 E1000.00",
        "echo:; Unified Bed Leveling:",
        "echo:  M420 S1 Z10.00 ; Leveling ON",
        "",
        "Unified Bed Leveling System v1.01 active",
        "echo:; Hotend PID:",
        "echo:  M301 P21.81 I2.25 D52.78",
        "echo:; Z-Probe Offset:",
        "echo:  M851 X-44.00 Y-6.00 Z-1.85 ; (mm)",
    ),
    "M211": ("  M211 S1 ; ON", "  Min:  X-5.00 Y0.00 Z0.00   Max:  X235.00 Y232.00 Z250.00"),
    "M105": ("ok T:21.30 /0.00 B:21.10 /0.00 @:0 B@:0",),
}
MARLIN_11 = {
    "M115": (
        "FIRMWARE_NAME:Marlin 1.1.9 (Github) SOURCE_CODE_URL:https://github.com/MarlinFirmware/Marlin"
        " PROTOCOL_VERSION:1.0 MACHINE_TYPE:3D Printer EXTRUDER_COUNT:2 UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff",
    ),
    "M503": ("echo:Maximum feedrates (units/s):", "echo:  M203 X300.00 Y300.00 Z15.00 E25.00", "  M203 T1 E45.00"),
    "M211": ("echo:Soft endstops: Off  Min: X-42.00 Y0.00 Z0.00  Max: X200.00 Y214.00 Z200.00",),
    "M105": ("ok T:21.3 /0.0 @:0",),
}
DELTA = {
    "M115": (
        "FIRMWARE_NAME:Marlin 2.0.9.2 (Oct 12 2021 10:00:00) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin"
        " PROTOCOL_VERSION:1.0 MACHINE_TYPE:Predator EXTRUDER_COUNT:1 UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff",
    ),
    "M503": (
        "echo:; Maximum feedrates (units/s):",
        "echo:  M203 X200.00 Y200.00 Z200.00 E120.00",
        "echo:; Delta (L<diagonal rod> R<radius> H<height> S<segments per sec> XYZ<tower angle trim>):",
        "echo:  M665 L410.00 R210.00 H455.00 S160.00 X0.00 Y0.00 Z0.00 A0.00 B0.00 C0.00",
    ),
    "M211": ("  M211 S1 ; ON", "  Min:  X-185.00 Y-185.00 Z0.00   Max:  X185.00 Y185.00 Z455.00"),
    "M105": ("ok T:21.30 /0.00 B:21.10 /0.00 @:0 B@:0",),
}
KLIPPER = {
    "M115": ("ok FIRMWARE_VERSION:v0.12.0-85-gd785b396 FIRMWARE_NAME:Klipper",),
    "M503": ('// Unknown command:"M503"',),
    "M211": ('// Unknown command:"M211"',),
    "M105": ("ok B:21.0 /0.0 T0:21.0 /0.0",),
}
WITH_AREA = {
    "M115": (
        "FIRMWARE_NAME:Marlin bugfix-2.1.x (Nov 1 2023 10:00:00) PROTOCOL_VERSION:1.0 MACHINE_TYPE:X EXTRUDER_COUNT:1",
        "area:{full:{min:{x:0.00,y:0.00,z:0.00},max:{x:230.00,y:231.00,z:250.00}},"
        "work:{min:{x:0.00,y:0.00,z:0.00},max:{x:230.00,y:230.00,z:250.00}}}",
    ),
    "M211": ('echo:Unknown command: "M211"',),
}
GRBL = {
    "$I": ("[VER:1.1h.20190830:left router]", "[OPT:VL,15,128]"),
    "$$": (
        "$10=1",
        "$20=1",
        "$30=12000",
        "$31=0",
        "$32=0",
        "$110=5000.000",
        "$111=4000.000",
        "$112=800.000",
        "$120=200.000",
        "$121=250.000",
        "$122=50.000",
        "$130=300.000",
        "$131=180.000",
        "$132=45.000",
    ),
    "$#": (
        "[G54:0.000,0.000,0.000]",
        "[G55:10.000,-20.500,3.000]",
        "[TLO:0.000]",
        "[PRB:0.000,0.000,0.000:0]",
    ),
}
GRBL_NAMELESS = {**GRBL, "$I": ("[VER:1.1h.20190830:]", "[OPT:V,15,128]")}
GRBLHAL = {
    "$I": (
        "[VER:1.1f.20231210:]",
        "[OPT:VNMSL,35,1024,3,0]",
        "[NEWOPT:ENUMS,RT-,HOME,TC,SED]",
        "[FIRMWARE:grblHAL]",
        "[BOARD:BlackPill alternative I2C pins]",
    ),
    "$$": ("$30=24000.000", "$110=6000.000", "$111=6000.000", "$130=600.000 (x)", "$131=400.000"),
    "$#": ("[G54:0.000,0.000,0.000]",),
}
