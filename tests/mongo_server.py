"""A MongoDB server of the tests' own, without users: SecantusDB in a process that ends when its input does.

usage: python -P mongo_server.py HOST FOLDER REMEMBERED     it writes its port on standard output
"""

import sys

from secantus.server import SecantusDBServer


def main() -> None:
    host, folder, remembered = sys.argv[1:]
    server = SecantusDBServer(
        host=host, port=0, storage_path=folder, enable_test_commands=False, oplog_max_entries=int(remembered)
    )
    server.start()
    print(server.port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
