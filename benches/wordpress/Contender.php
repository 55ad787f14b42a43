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
     * @return array{request: float, processor: float, part: float} milliseconds: as who asks sees it; of PHP and
     *         MariaDB on a processor; of these, without what PHP does beside loading plug-ins and reading
     *
     * @throws \RuntimeException where that was another page: an error is quickly had
     */
    public function ask(): array
    {
        $before = $this->processor->milliseconds();
        $began = hrtime(true);
        $response = $this->http->send($this->request);
        $request = (hrtime(true) - $began) / 1e6;
        $after = $this->processor->milliseconds();
        if ($response->status !== 200 || preg_match($this->mark, $response->body, $part) !== 1) {
            throw new \RuntimeException("Not the page ({$response->status}): {$response->text()}\n{$this->logged()}");
        }
        $server = $after['server'] - $before['server'];
        $worker = $after['worker'] - $before['worker'];
        return ['request' => $request, 'processor' => $worker + $server, 'part' => $part[1] / 1000 + $server];
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
