x = 1
def lid()
    return 3
