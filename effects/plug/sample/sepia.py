"""A plug-in for pictures: the brown of old photographs, all over.

    python3 sepia.py

Light and colour are separate in I420: the first plane stays as it is, the two small ones behind it become one colour.
"""

import plugin

CB, CR = 114, 139


def sepia(picture, width, height):
    luma = width * height
    chroma = (width + 1) // 2 * ((height + 1) // 2)
    picture[luma : luma + chroma] = bytes((CB,)) * chroma
    picture[luma + chroma :] = bytes((CR,)) * chroma


plugin.serve(plugin.VIDEO, sepia)
