<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * Sends requests to a port of this machine, whatever the host's name in them is.
 */
final class Http
{
    private const SECONDS = 110;

    public function __construct(public readonly int $port, private readonly string $host)
    {
    }

    public function send(Request $request): Response
    {
        return $this->sendAll([$request])[0];
    }

    /**
     * Sends requests at the same time.
     *
     * @param list<Request> $requests
     *
     * @return list<Response> in their order
     */
    public function sendAll(array $requests): array
    {
        $streams = [];
        $unsent = [];
        foreach ($requests as $at => $request) {
            $stream = stream_socket_client("tcp://127.0.0.1:{$this->port}", $code, $reason, self::SECONDS);
            if ($stream === false) {
                throw new \RuntimeException("Port {$this->port} does not answer: {$reason} ({$code})");
            }
            stream_set_blocking($stream, false);
            $streams[$at] = $stream;
            $unsent[$at] = $request->bytes($this->host);
        }
        $received = array_fill_keys(array_keys($streams), '');
        $until = microtime(true) + self::SECONDS;
        while ($streams !== []) {
            [$reading, $writing, $none] = [$streams, array_intersect_key($streams, $unsent), null];
            stream_select($reading, $writing, $none, 1);
            foreach (array_keys($writing) as $at) {
                $unsent[$at] = substr($unsent[$at], max(0, (int) fwrite($streams[$at], $unsent[$at])));
                if ($unsent[$at] === '') {
                    unset($unsent[$at]);
                }
            }
            foreach (array_keys($reading) as $at) {
                $received[$at] .= (string) fread($streams[$at], 1 << 16);
                if (feof($streams[$at])) {
                    unset($streams[$at], $unsent[$at]);
                }
            }
            if (microtime(true) > $until) {
                throw new \RuntimeException('No answer within ' . self::SECONDS . ' seconds.');
            }
        }
        return array_map(Response::parse(...), $received);
    }
}
