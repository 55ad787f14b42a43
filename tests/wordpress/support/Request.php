<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * One HTTP request.
 */
final class Request
{
    /**
     * @param array<string, string> $headers
     */
    public function __construct(
        public readonly string $method,
        public readonly string $path,
        public readonly array $headers = [],
        public readonly string $body = '',
    ) {
    }

    /**
     * As a browser sends a form.
     *
     * @param array<string, mixed>  $fields
     * @param array<string, string> $files   paths by field
     * @param array<string, string> $headers
     */
    public static function form(string $path, array $fields, array $files = [], array $headers = []): self
    {
        if ($files === []) {
            $headers += ['Content-Type' => 'application/x-www-form-urlencoded'];
            return new self('POST', $path, $headers, http_build_query($fields));
        }
        $boundary = bin2hex(random_bytes(16));
        $body = '';
        foreach ($fields as $name => $value) {
            $body .= "--{$boundary}\r\nContent-Disposition: form-data; name=\"{$name}\"\r\n\r\n{$value}\r\n";
        }
        foreach ($files as $name => $file) {
            $body .= "--{$boundary}\r\nContent-Disposition: form-data; name=\"{$name}\"; filename=\"" . basename($file)
                . "\"\r\nContent-Type: application/octet-stream\r\n\r\n" . file_get_contents($file) . "\r\n";
        }
        $headers += ['Content-Type' => "multipart/form-data; boundary={$boundary}"];
        return new self('POST', $path, $headers, "{$body}--{$boundary}--\r\n");
    }

    /** As it is sent: HTTP/1.0, whose answers end with the connection. */
    public function bytes(string $host): string
    {
        $headers = ['Host' => $host] + $this->headers;
        $headers += $this->method === 'POST' ? ['Content-Length' => (string) strlen($this->body)] : [];
        $lines = "{$this->method} {$this->path} HTTP/1.0\r\n";
        foreach ($headers as $name => $value) {
            $lines .= "{$name}: {$value}\r\n";
        }
        return "{$lines}\r\n{$this->body}";
    }
}
