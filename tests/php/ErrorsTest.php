<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\BusyException;
use DataMachine\Connections\Exception\ConnectionsException;
use DataMachine\Connections\Exception\CorruptException;
use DataMachine\Connections\Exception\InDocumentRootException;
use DataMachine\Connections\Exception\IntegrityException;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\InvalidHandleException;
use DataMachine\Connections\Exception\MissingDirectoryException;
use DataMachine\Connections\Exception\NotAStoreException;
use DataMachine\Connections\Exception\PermissionsException;
use DataMachine\Connections\Exception\SiteMismatchException;
use DataMachine\Connections\Exception\StoreMismatchException;
use DataMachine\Connections\Exception\StoreMissingException;
use DataMachine\Connections\Exception\StoreNewerException;
use DataMachine\Connections\Exception\StoreReplacedException;
use DataMachine\Connections\Exception\WrongUserException;
use DataMachine\Connections\Status;

/**
 * The errors that have no better place, one by one. (Conflict, NotFound and InvalidTransition are with the accounts,
 * TooLarge and InvalidDocument with the documents, the keys' with the keys, ImportRefused with the import.)
 */
final class ErrorsTest extends VaultTestCase
{
    public function testInvalidArguments(): void
    {
        $vault = $this->open();
        $calls = [
            'provider' => static fn () => $vault->get('Not A Slug', 'user:1'),
            'owner' => static fn () => $vault->get('reddit', 'user:0'),
            'owner ' => static fn () => $vault->get('reddit', 'nobody'),
            'account' => static fn () => $vault->get('reddit', 'user:1', '../x'),
            'query' => static fn () => $vault->find(['provder' => 'reddit']),
            'limit' => static fn () => $vault->find(['limit' => 0]),
            'options' => static fn () => $vault->save('reddit', 'user:1', [], options: ['if_revison' => 1]),
        ];
        foreach ($calls as $argument => $call) {
            $thrown = self::assertThrows(InvalidArgumentException::class, $call);
            self::assertSame(1, $thrown->getCode());
            self::assertSame(trim($argument), $thrown->detail()['argument'] ?? null, $thrown->getMessage());
        }
        self::assertThrows(InvalidArgumentException::class, fn () => $this->open(['pth' => 'x']));
        self::assertThrows(InvalidArgumentException::class, fn () => $this->open(['path' => 'relative']));
        self::assertThrows(InvalidArgumentException::class, fn () => $this->open(['site' => '']));
    }

    public function testAClosedVault(): void
    {
        $vault = $this->open();
        $vault->close();
        $vault->close();
        self::assertThrows(InvalidHandleException::class, static fn () => $vault->get('reddit', 'user:1'));
    }

    public function testBusyIsToldAfterThePatience(): void
    {
        $vault = $this->open(['patience_ms' => 100]);
        $vault->save('reddit', 'user:1', ['a' => 1]);
        $holder = new Process(
            '$gate = fopen($arguments["gate"], "r+"); flock($gate, LOCK_EX); touch($arguments["ready"]);
            for ($i = 0; $i < 500 && file_exists($arguments["ready"]); $i++) { usleep(10_000); }',
            ['gate' => $this->place() . '/gate.lock', 'ready' => $this->directory . '/ready']
        );
        self::assertTrue(self::waitFor($this->directory . '/ready'));
        $began = microtime(true);
        self::assertThrows(BusyException::class, static fn () => $vault->save('reddit', 'user:1', ['a' => 2]));
        self::assertThrows(BusyException::class, static fn () => $vault->get('reddit', 'user:1'));
        self::assertLessThan(2, microtime(true) - $began);
        unlink($this->directory . '/ready');
        $holder->wait();
        self::assertSame(1, $vault->get('reddit', 'user:1')?->document->get('a'));
    }

    public function testAnEditedRowIsRefused(): void
    {
        $this->open()->save('reddit', 'user:1', ['a' => 1]);
        $this->sql("UPDATE connections SET owner = 'user:2'");
        $vault = $this->open();
        self::assertThrows(IntegrityException::class, static fn () => $vault->get('reddit', 'user:2'));
        $row = $vault->find()->rows[0];
        self::assertFalse($row->integrity);
        self::assertSame([null, Status::Error, 'integrity'], [$row->ownerClass, $row->status, $row->statusCause]);
        self::assertSame(['error' => 1], $vault->status()['reddit']->statuses);
        self::assertFalse($vault->status()['reddit']->connected);
        self::assertThrows(IntegrityException::class, static fn () => $vault->save('reddit', 'user:2', ['a' => 2]));
        self::assertTrue($vault->delete('reddit', 'user:2')->deleted);
    }

    public function testADirectoryThatCannotBeMade(): void
    {
        self::assertThrows(
            MissingDirectoryException::class,
            fn () => $this->open(['path' => $this->directory . '/absent/store'])
        );
        self::assertDirectoryDoesNotExist($this->directory . '/absent');
    }

    public function testAStoreThatIsExpectedIsNotMade(): void
    {
        self::assertThrows(StoreMissingException::class, function (): void {
            mkdir($this->place(), 0700);
            $this->open(['create' => false]);
        });
        $options = ['store_id' => '000102030405060708090a0b0c0d0e0f'];
        self::assertThrows(StoreMissingException::class, fn () => $this->open($options));
        self::assertSame([], glob($this->place() . '/*.sqlite'));
    }

    public function testLoosePermissionsComeWithTheMend(): void
    {
        $this->open()->close();
        chmod($this->place(), 0755);
        $said = $this->elsewhere('');
        self::assertStringContainsString(PermissionsException::class, $said);
        self::assertStringContainsString('chmod', $said);
        mkdir($this->directory . '/loose', 0755);
        $thrown = self::assertThrows(
            PermissionsException::class,
            fn () => $this->open(['path' => $this->directory . '/loose'])
        );
        self::assertStringContainsString('chmod', (string) $thrown->mend());
    }

    /**
     * @group root
     */
    public function testAnotherUsersDirectoryIsRefused(): void
    {
        mkdir($this->place(), 0700);
        chown($this->place(), 65534);
        $thrown = self::assertThrows(WrongUserException::class, fn () => $this->open());
        self::assertStringContainsString('sudo -u', (string) $thrown->mend());
        self::assertSame([], glob($this->place() . '/*'));
    }

    public function testInsideTheDocumentRoot(): void
    {
        self::assertThrows(
            InDocumentRootException::class,
            fn () => $this->open(['document_root' => $this->directory])
        );
        self::assertDirectoryDoesNotExist($this->place());
    }

    public function testAnotherSiteAndAnotherStore(): void
    {
        $this->open()->close();
        self::assertThrows(
            SiteMismatchException::class,
            fn () => $this->open(['site' => 'https://staging.example.org'])
        );
        self::assertThrows(
            StoreMismatchException::class,
            fn () => $this->open(['store_id' => str_repeat('00', 16)])
        );
        self::assertStringContainsString(
            SiteMismatchException::class,
            $this->elsewhere('', ['site' => 'https://staging.example.org'])
        );
    }

    public function testDamagedForeignAndNewerFiles(): void
    {
        $this->open()->save('reddit', 'user:1', ['a' => 1]);
        $file = $this->place() . '/connections.sqlite';
        $good = (string) file_get_contents($file);

        // Written over, not replaced: the mode stays.
        file_put_contents($file, substr($good, 0, 5000));
        self::assertStringContainsString(CorruptException::class, $this->elsewhere('$vault->get("reddit", "user:1");'));
        file_put_contents($file, str_repeat("not a database\n", 100));
        self::assertStringContainsString(NotAStoreException::class, $this->elsewhere(''));
        file_put_contents($file, '');
        $this->sql('CREATE TABLE of_somebody_else (a)');
        self::assertStringContainsString(NotAStoreException::class, $this->elsewhere(''));
        file_put_contents($file, $good);
        $this->sql('UPDATE store SET schema = 99, min_reader = 99, min_writer = 99');
        self::assertStringContainsString(StoreNewerException::class, $this->elsewhere(''));
        file_put_contents($file, $good);
        self::assertSame('{"a":1}', $this->elsewhere('echo $vault->get("reddit", "user:1")->document->toJson();'));
    }

    public function testAnotherStoreInItsPlaceIsNoticed(): void
    {
        $vault = $this->open();
        $vault->save('reddit', 'user:1', ['a' => 1]);
        $this->open(['path' => $this->directory . '/other'])->save('reddit', 'user:1', ['a' => 2]);
        rename($this->directory . '/other/connections.sqlite', $this->place() . '/connections.sqlite');
        self::assertThrows(StoreReplacedException::class, static fn () => $vault->get('reddit', 'user:1'));
    }

    public function testEveryKindHasItsOwnClass(): void
    {
        self::assertSame(range(1, 31), array_keys(ConnectionsException::KINDS));
        self::assertSame(ConnectionsException::KINDS, array_unique(ConnectionsException::KINDS));
        foreach (ConnectionsException::KINDS as $status => $class) {
            $made = ConnectionsException::of($status, 'told', ['mend' => 'line']);
            self::assertInstanceOf($class, $made);
            self::assertSame([$status, 'told', 'line'], [$made->getCode(), $made->getMessage(), $made->mend()]);
        }
    }
}
