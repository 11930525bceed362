"""The local page and the upload for slicers: a process of its own, which talks to the bridge as any person does.

`process` is the bridge's end, `server` the other; `guard` says who may, `site` what is where, `views` shows,
`octoprint` speaks to slicers, `uploads` makes their file a program, `multipart` reads it.
"""
