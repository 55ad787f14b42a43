<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * Somebody who visits a site: keeps its cookies. Redirections are followed by open() and submit() only.
 */
final class Browser
{
    private const MOST_REDIRECTIONS = 5;

    /** @var array<string, string> */
    private array $cookies = [];

    public function __construct(private readonly Http $http, private readonly string $address)
    {
    }

    /**
     * Logs in as a person does.
     */
    public function login(string $name, #[\SensitiveParameter] string $password): self
    {
        // WordPress wants to see that there are cookies.
        $this->get('/wp-login.php');
        $answer = $this->post('/wp-login.php', ['log' => $name, 'pwd' => $password, 'testcookie' => '1']);
        if (preg_grep('/^wordpress_logged_in_/', array_keys($this->cookies)) === []) {
            throw new \RuntimeException("{$name} could not log in ({$answer->status}): {$answer->text()}");
        }
        return $this;
    }

    public function get(string $path): Response
    {
        return $this->send(new Request('GET', $this->path($path), $this->headers()));
    }

    /**
     * @param array<string, mixed>  $fields
     * @param array<string, string> $files  paths by field
     */
    public function post(string $path, array $fields, array $files = []): Response
    {
        return $this->send(Request::form($this->path($path), $fields, $files, $this->headers()));
    }

    /** Asks for a page, and for where it is redirected to. */
    public function open(string $path): Response
    {
        return $this->follow($this->get($path), $path);
    }

    /**
     * Fills in a form of a page and sends it, and opens where that leads.
     *
     * @param string                $at     the page's path
     * @param array<string, mixed>  $fields what is filled in, and the button that is pressed
     * @param array<string, string> $files  paths by field
     */
    public function submit(string $at, Form $form, array $fields = [], array $files = []): Response
    {
        $fields += $form->fields;
        $path = $form->action === '' ? $at : self::resolve($form->action, $at);
        $answer = $form->method === 'POST'
            ? $this->post($path, $fields, $files)
            : $this->get(strtok($path, '?') . '?' . http_build_query($fields));
        return $this->follow($answer, $path);
    }

    /**
     * The nonce that a page has in a hidden field.
     */
    public function nonce(string $path, string $field = '_wpnonce'): string
    {
        return $this->open($path)->form($field)->fields[$field];
    }

    /** The path that a link on a page means. */
    public static function resolve(string $link, string $at): string
    {
        if (preg_match('~^https?://[^/]+(/.*)?$~', $link, $found) === 1) {
            return $found[1] ?? '/';
        }
        $directory = preg_replace('~[^/]*$~', '', (string) strtok($at, '?'));
        return str_starts_with($link, '/') ? $link : $directory . $link;
    }

    private function follow(Response $answer, string $path): Response
    {
        for ($times = 0; $answer->header('location') !== null; $times++) {
            if ($times === self::MOST_REDIRECTIONS) {
                throw new \RuntimeException("{$path} redirects for ever, at last to {$answer->header('location')}.");
            }
            $path = self::resolve((string) $answer->header('location'), $path);
            $answer = $this->get($path);
        }
        return $answer;
    }

    private function send(Request $request): Response
    {
        $answer = $this->http->send($request);
        $this->cookies = array_filter($answer->cookies() + $this->cookies, static fn (string $value) => $value !== '');
        return $answer;
    }

    /**
     * @return array<string, string>
     */
    private function headers(): array
    {
        $cookies = [];
        foreach ($this->cookies as $name => $value) {
            $cookies[] = "{$name}={$value}";
        }
        return ['Referer' => "{$this->address}/"] + ($cookies === [] ? [] : ['Cookie' => implode('; ', $cookies)]);
    }

    /** Addresses of the site are taken as well. */
    private function path(string $path): string
    {
        return self::resolve($path, '/');
    }
}
