<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\Keys;
use DataMachine\Connections\Tests\Process;
use DataMachine\Connections\Tests\VaultTestCase;
use DataMachine\Connections\Vault;
use DataMachine\Core\OAuth\BaseAuthProvider;
use DataMachine\Core\OAuth\HttpBasicAuthProvider;

/**
 * A test with a store of its own that the drop-in is wired to, and with its hooks taken away afterwards.
 */
abstract class DropinTestCase extends VaultTestCase
{
    protected const FIXTURES = __DIR__ . '/../fixtures';

    /** @var list<array{string, string, array<string, mixed>}> what was logged: level, message, context */
    protected array $log = [];
    /** @var list<array{string, callable}> */
    private array $hooks = [];

    protected function setUp(): void
    {
        parent::setUp();
        Runtime::configure(fn (): Vault => $this->open(), self::salt(...));
        $this->hook('datamachine_log', function (string $level, string $message, array $context = []): void {
            $this->log[] = [$level, $message, $context];
        });
    }

    protected function tearDown(): void
    {
        foreach ($this->hooks as [$name, $callback]) {
            remove_filter($name, $callback);
        }
        // Each object of an OAuth 2 class listens to its cron event, and would be there for the rest of the tests.
        foreach (preg_grep('/^datamachine_refresh_token_/', array_keys($GLOBALS['wp_filter'])) ?: [] as $name) {
            remove_all_actions($name);
        }
        DataMachine::forget();
        wp_set_current_user(0);
        Runtime::reset();
        parent::tearDown();
    }

    /** Adds a filter or an action for this test. */
    protected function hook(string $name, callable $callback): void
    {
        $this->hooks[] = [$name, $callback];
        add_filter($name, $callback, 10, 9);
    }

    /** The salt of the fixtures' envelopes. */
    protected static function salt(): string
    {
        return rtrim((string) file_get_contents(self::FIXTURES . '/SALT.txt'), "\n");
    }

    protected function import(string $name, string $salt = ''): void
    {
        $option = (string) file_get_contents(self::FIXTURES . "/{$name}.serialized");
        $this->open()->importLegacy($option, [$salt === '' ? self::salt() : $salt]);
    }

    /**
     * The messages that were logged at a level.
     *
     * @return list<string>
     */
    protected function logged(string $level): array
    {
        $of = array_filter($this->log, static fn (array $line): bool => $line[0] === $level);
        return array_column($of, 1);
    }

    /**
     * Starts code in another process, on the drop-in and this test's store; `$log` is what was logged.
     *
     * @param array<string, string> $options how to open the store, as PHP
     * @param list<string>          $flags   of PHP
     */
    protected function process(string $code, array $options = [], array $flags = []): Process
    {
        $options += [
            'path' => var_export($this->place(), true),
            'site' => var_export(self::SITE, true),
            'keys' => '\\' . Keys::class . '::raw(' . var_export(self::KEY, true) . ')',
        ];
        $given = '';
        foreach ($options as $name => $value) {
            $given .= "'{$name}' => {$value}, ";
        }
        $bootstrap = var_export(__DIR__ . '/bootstrap.php', true);
        // A file, since `namespace` has to come first in one.
        $script = $this->directory . '/' . bin2hex(random_bytes(4)) . '.php';
        file_put_contents($script, "<?php
            namespace DataMachine\\Connections\\Tests\\Dropin;
            require {$bootstrap};
            \$log = [];
            add_action('datamachine_log', static function (...\$line) use (&\$log): void { \$log[] = \$line; }, 10, 3);
            \$opens = static fn () => \\DataMachine\\Connections\\Vault::open([{$given}]);
            \\DataMachine\\Connections\\Dropin\\Runtime::configure(\$opens);
            {$code}");
        return new Process('require $arguments["script"];', ['script' => $script], $flags);
    }

    /** A provider of seed data by its slug; for one that is not among them, a plain child. */
    protected static function provider(string $slug): BaseAuthProvider
    {
        $class = __NAMESPACE__ . '\\Providers\\' . ucfirst($slug === 'email_imap' ? 'email' : $slug);
        return match (true) {
            $slug === 'http_basic' => new HttpBasicAuthProvider(),
            class_exists($class) => new $class(),
            default => new Providers\Plain($slug),
        };
    }

    /** A child that is told what to answer, with an account whose token is to be renewed. */
    protected function told(?\Closure $answer, int $left = -10, string $slug = 'told'): Providers\Told
    {
        $provider = new Providers\Told($slug);
        $provider->clear_proactive_refresh();
        $provider->answer = $answer;
        $provider->save_account([
            'access_token' => 'old',
            'refresh_token' => 'old refresh',
            'token_expires_at' => time() + $left,
            'last_refreshed_at' => time() - 86_400,
            'extra' => 'kept',
        ]);
        return $provider;
    }
}
