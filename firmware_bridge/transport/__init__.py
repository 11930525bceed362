"""How bytes reach a machine: a serial port, a URL pyserial understands, or memory."""
