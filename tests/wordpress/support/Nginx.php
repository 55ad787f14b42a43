<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

use DataMachine\Connections\Tests\FpmMaster;

/**
 * An nginx of one's own on a free port of the loopback interface, as WordPress's handbook sets one up; in front of a
 * php-fpm. It ends with the process that began it.
 */
final class Nginx
{
    private const PROGRAM = '/usr/sbin/nginx';
    private const START_SECONDS = 60;
    private const ATTEMPTS = 5;

    public readonly int $port;
    /** @var resource */
    private $process;

    /**
     * @param string $directory its own
     * @param string $root      the document root
     * @param string $socket    php-fpm's
     * @param bool   $network   whether there are sites in subdirectories
     */
    public function __construct(
        private readonly string $directory,
        string $root,
        string $socket,
        bool $network,
    ) {
        // Somebody else may take a port between the look and the use.
        for ($attempt = 1; true; $attempt++) {
            $port = self::freePort();
            file_put_contents("{$directory}/nginx.conf", $this->configuration($port, $root, $socket, $network));
            if ($this->start($port)) {
                $this->port = $port;
                return;
            }
            if ($attempt === self::ATTEMPTS) {
                throw new \RuntimeException("nginx does not answer:\n{$this->log()}");
            }
        }
    }

    /** What it logged and printed. */
    public function log(): string
    {
        return (string) file_get_contents("{$this->directory}/nginx.log");
    }

    public function stop(): void
    {
        proc_terminate($this->process);
        proc_close($this->process);
    }

    /**
     * @SuppressWarnings(PHPMD.UnusedLocalVariable)
     */
    private function start(int $port): bool
    {
        $log = "{$this->directory}/nginx.log";
        $command = [self::PROGRAM, '-c', "{$this->directory}/nginx.conf", '-p', $this->directory, '-e', $log];
        $command = ['setpriv', '--pdeathsig', 'TERM', '--', ...$command];
        $output = ['file', $log, 'a'];
        $process = proc_open($command, [['file', '/dev/null', 'r'], $output, $output], $pipes);
        if ($process === false) {
            throw new \RuntimeException('nginx could not be started.');
        }
        $this->process = $process;
        $until = microtime(true) + self::START_SECONDS;
        while (proc_get_status($process)['running'] && microtime(true) < $until) {
            $connected = @stream_socket_client("tcp://127.0.0.1:{$port}");
            if ($connected !== false) {
                return proc_get_status($process)['running'];
            }
            usleep(2000);
        }
        proc_close($process);
        return false;
    }

    private static function freePort(): int
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        if ($socket === false) {
            throw new \RuntimeException('There is no free port.');
        }
        return (int) substr((string) strrchr((string) stream_socket_get_name($socket, false), ':'), 1);
    }

    private function configuration(int $port, string $root, string $socket, bool $network): string
    {
        $user = FpmMaster::user() === null ? '' : 'user ' . FpmMaster::user() . ' ' . FpmMaster::user() . ';';
        $temporary = '';
        foreach (['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'] as $kind) {
            $temporary .= "{$kind}_temp_path {$this->directory}/{$kind};\n";
        }
        $parameters = '';
        foreach (self::parameters() as $name => $value) {
            $parameters .= "fastcgi_param {$name} {$value};\n";
        }
        $network = $network ? '
            if (!-e $request_filename) {
                rewrite /wp-admin$ $scheme://$http_host$uri/ permanent;
                rewrite ^(/[^/]+)?(/wp-.*) $2 last;
                rewrite ^(/[^/]+)?(/.*\.php) $2 last;
            }' : '';
        return <<<CONF
            {$user}
            daemon off;
            worker_processes 1;
            pid {$this->directory}/nginx.pid;
            error_log {$this->directory}/nginx.log error;
            events { worker_connections 256; }
            http {
                {$temporary}
                access_log off;
                log_not_found off;
                absolute_redirect off;
                client_max_body_size 64m;
                default_type application/octet-stream;
                types { text/html html; text/css css; application/javascript js; image/svg+xml svg; image/png png; }
                server {
                    listen 127.0.0.1:{$port};
                    root {$root};
                    index index.php;
                    {$network}
                    location / { try_files \$uri \$uri/ /index.php?\$args; }
                    location ~ \\.php\$ {
                        try_files \$uri =404;
                        {$parameters}
                        fastcgi_read_timeout 120s;
                        fastcgi_buffers 64 16k;
                        fastcgi_pass unix:{$socket};
                    }
                }
            }
            CONF;
    }

    /**
     * @return array<string, string>
     */
    private static function parameters(): array
    {
        return [
            'QUERY_STRING' => '$query_string',
            'REQUEST_METHOD' => '$request_method',
            'CONTENT_TYPE' => '$content_type',
            'CONTENT_LENGTH' => '$content_length',
            'SCRIPT_FILENAME' => '$document_root$fastcgi_script_name',
            'SCRIPT_NAME' => '$fastcgi_script_name',
            'REQUEST_URI' => '$request_uri',
            'DOCUMENT_URI' => '$document_uri',
            'DOCUMENT_ROOT' => '$document_root',
            'SERVER_PROTOCOL' => '$server_protocol',
            'REQUEST_SCHEME' => '$scheme',
            'GATEWAY_INTERFACE' => 'CGI/1.1',
            'SERVER_SOFTWARE' => 'nginx/$nginx_version',
            'REMOTE_ADDR' => '$remote_addr',
            'REMOTE_PORT' => '$remote_port',
            'SERVER_ADDR' => '$server_addr',
            'SERVER_PORT' => '$server_port',
            'SERVER_NAME' => '$host',
            'REDIRECT_STATUS' => '200',
        ];
    }
}
