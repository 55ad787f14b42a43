# Sourced after common.sh, by scripts that need a WordPress: a MariaDB of its own that nobody else reaches, in a private
# directory ($directory, DM_WORDPRESS_DIRECTORY) that is gone when the script ends. Nothing of the system's own
# configuration is read or written. `quietly` is there for what comes next.
# shellcheck shell=bash

for needed in /usr/share/wordpress/wp-settings.php /usr/sbin/mariadbd /usr/bin/mariadb-install-db; do
    [[ -e $needed ]] || fail "$needed is not there: run scripts/setup.sh test"
done

directory=$(mktemp -d -t dm-wordpress.XXXXXX)
export DM_WORDPRESS_DIRECTORY=$directory
server=''
cleanup() {
    local status=$?
    if [[ -n $server ]]; then
        # Its data go with it; and asked to end while it starts, it may not hear that.
        { kill -KILL "$server" && wait "$server"; } 2>/dev/null || true
    fi
    # Small disks that a test had no time to take away.
    findmnt -rno TARGET | { grep "^$directory/" || true; } | xargs -r umount -l
    rm -rf "$directory"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# quietly NAME COMMAND...: says what it printed only where it fails.
quietly() {
    local log=$directory/$1.log
    "${@:2}" >"$log" 2>&1 || {
        cat "$log" >&2
        fail "$1 failed"
    }
}

user=$(id -un)
# By force where the machine's own name is not known: nobody comes over a network.
quietly mariadb-install-db mariadb-install-db --no-defaults --datadir="$directory/data" --user="$user" \
    --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve --force
# A row of the old option may be 15 MB and more.
/usr/sbin/mariadbd --no-defaults --user="$user" --datadir="$directory/data" --socket="$directory/mariadb.sock" \
    --pid-file="$directory/mariadb.pid" --skip-networking --max-allowed-packet=256M --innodb-log-file-size=256M \
    >"$directory/mariadbd.log" 2>&1 &
server=$!
