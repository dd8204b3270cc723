"""One torrent in libtorrent-rasterbar, driven over HTTP by the testkit.

Usage: libtorrent_client.py OPTIONS.json. GET /status answers JSON; POST /limits takes
{"upload": bytes per second}; POST /peer takes {"host": ..., "port": ...}.
"""

import faulthandler
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import libtorrent as lt

faulthandler.enable()
with open(sys.argv[1], encoding="utf-8") as file:
    options = json.load(file)

session = lt.session({
    "listen_interfaces": "0.0.0.0:%d" % options["port"],
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "in_enc_policy": 1,   # enabled: answers encrypted peers
    "out_enc_policy": 2,  # disabled: speaks plaintext first
    # Peers of a test all have the same address; the defaults refuse the second one.
    "allow_multiple_connections_per_ip": True,
    "peer_turnover_interval": 3600,
    "unchoke_slots_limit": 50,
    "upload_rate_limit": options["upload"],
    "download_rate_limit": options["download"],
    "max_failcount": 100,
    "min_reconnect_time": 1,
    "alert_mask": lt.alert.category_t.error_notification | lt.alert.category_t.status_notification
    | lt.alert.category_t.connect_notification | lt.alert.category_t.tracker_notification,
})
parameters = lt.add_torrent_params()
parameters.ti = lt.torrent_info(options["torrent"])
parameters.save_path = options["folder"]
flags = lt.torrent_flags.default_flags
flags &= ~lt.torrent_flags.auto_managed
flags &= ~lt.torrent_flags.paused
flags |= lt.torrent_flags.disable_dht | lt.torrent_flags.disable_lsd | lt.torrent_flags.disable_pex
if options["complete"]:
    flags |= lt.torrent_flags.seed_mode  # hashes a piece when it is first asked for
parameters.flags = flags
handle = session.add_torrent(parameters)


def limit_upload(bytes_per_second):
    # The session's own limit leaves out peers of the local network, which all peers of a test are.
    session.apply_settings({"upload_rate_limit": bytes_per_second})
    handle.set_upload_limit(bytes_per_second if bytes_per_second > 0 else -1)


limit_upload(options["upload"])
for host, port in options["peers"]:
    handle.connect_peer((host, port))


class Control(BaseHTTPRequestHandler):
    def do_GET(self):
        status = handle.status()
        self.answer({
            "progress": status.progress,
            "state": str(status.state),
            "checking": str(status.state) in ("checking_files", "checking_resume_data"),
            "downloaded": status.total_payload_download,
            "uploaded": status.total_payload_upload,
            "peers": status.num_peers,
            "error": status.errc.message() if status.errc.value() else "",
        })

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/limits":
            limit_upload(body["upload"])
        elif self.path == "/peer":
            handle.connect_peer((body["host"], body["port"]))
        self.answer({})

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def print_alerts():
    while True:
        time.sleep(0.2)
        for alert in session.pop_alerts():
            print(alert.message(), flush=True)


threading.Thread(target=print_alerts, daemon=True).start()
HTTPServer(("127.0.0.1", options["control"]), Control).serve_forever()
