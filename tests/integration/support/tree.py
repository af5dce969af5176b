"""What lies in a directory, to compare before and after."""

import os


def tree(directory, grows=()):
    """Every path below it with its mode and bytes; not the bytes of files with one of these names."""
    found = {}
    for folder, folders, names in os.walk(directory):
        for name in folders + names:
            path = os.path.join(folder, name)
            content = None
            if os.path.islink(path):
                content = os.readlink(path)
            elif name in names and name not in grows:
                with open(path, "rb") as file:
                    content = file.read()
            found[os.path.relpath(path, directory)] = (os.lstat(path).st_mode, content)
    return found
