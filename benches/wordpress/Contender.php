<?php

declare(strict_types=1);

namespace DataMachine\Connections\Benches;

use DataMachine\Connections\Tests\WordPress\Http;
use DataMachine\Connections\Tests\WordPress\Request;
use DataMachine\Connections\Tests\WordPress\Site;
use DataMachine\Connections\Tests\WordPress\Template;

/**
 * One site whose front page is asked for again and again.
 */
final class Contender
{
    private readonly Http $http;
    private readonly Request $request;
    private readonly Processor $processor;
    /** What stands on the page, see page.php. */
    private readonly string $mark;

    /**
     * @param string               $reads  the provider whose connection the page uses; '' for none
     * @param array<string, mixed> $answer what it has to have read
     */
    public function __construct(private readonly Site $site, string $reads, array $answer)
    {
        $this->http = new Http($site->port(), Template::HOST);
        $this->request = new Request('GET', "/?reads={$reads}");
        $server = (int) file_get_contents(Template::directory() . '/mariadb.pid');
        $this->processor = new Processor($site->workers()[0], $server);
        $this->mark = '~<p class="bench">' . hash('sha256', (string) json_encode($answer)) . ' (\d+)</p>~';
    }

    /**
     * One request.
     *
     * @return array{request: float, processor: float, inside: float} milliseconds: as who asks sees it; of PHP and
     *         MariaDB on a processor; of loading the plug-ins and reading the connection
     *
     * @throws \RuntimeException where that was another page: an error is quickly had
     */
    public function ask(): array
    {
        $before = $this->processor->nanoseconds();
        $began = hrtime(true);
        $response = $this->http->send($this->request);
        $request = hrtime(true) - $began;
        $processor = $this->processor->nanoseconds() - $before;
        if ($response->status !== 200 || preg_match($this->mark, $response->body, $inside) !== 1) {
            throw new \RuntimeException("Not the page ({$response->status}): {$response->text()}\n{$this->logged()}");
        }
        return ['request' => $request / 1e6, 'processor' => $processor / 1e6, 'inside' => $inside[1] / 1e6];
    }

    public function stop(): void
    {
        $logged = $this->logged();
        $this->site->stop();
        if ($logged !== '') {
            throw new \RuntimeException("Something was logged:\n{$logged}");
        }
    }

    private function logged(): string
    {
        return implode("\n", $this->site->logs->take());
    }
}
