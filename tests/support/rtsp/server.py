"""An RTSP server of GStreamer's, for Debian's own Python: ``/usr/bin/python3 server.py PORT``.

It serves ``/live``, a ball in VP8 with a whole picture a second, to the user ``anna`` with the password ``secret``, and
says when it is ready.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PIPELINE = (
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1 "
    "! vp8enc deadline=1 keyframe-max-dist=15 cpu-used=8 ! rtpvp8pay name=pay0 pt=96 )"
)


def main(port: str) -> None:
    """Serve until killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.set_auth(_only_anna())
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(PIPELINE)
    factory.set_shared(True)
    role = GstRtspServer.RTSPToken()
    role.set_string("media.factory.role", "user")
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("user", "media.factory.access", True)
    permissions.add_permission_for_role("user", "media.factory.construct", True)
    factory.set_permissions(permissions)
    server.get_mount_points().add_factory("/live", factory)
    if not server.attach(None):
        sys.exit(f"Port {port} cannot be listened on.")
    print("ready", flush=True)
    GLib.MainLoop().run()


def _only_anna() -> "GstRtspServer.RTSPAuth":
    auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("anna", "secret"), token)
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
    return auth


if __name__ == "__main__":
    main(sys.argv[1])
