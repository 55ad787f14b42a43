<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\ConflictException;
use DataMachine\Connections\Exception\InDocumentRootException;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\MissingDirectoryException;

final class BackupTest extends VaultTestCase
{
    public function testACopyIsAStore(): void
    {
        $vault = $this->open();
        $vault->save('reddit', 'site:0', ['access_token' => 'canary', 'n' => 1]);
        $place = $this->directory . '/copy';
        mkdir($place, 0700);
        $backup = $vault->backup("{$place}/connections.sqlite");
        $vault->save('reddit', 'site:0', ['n' => 2]);
        $info = $vault->info();
        self::assertSame([$info->storeId, $info->writes - 1], [$backup->storeId, $backup->writes]);
        self::assertSame([$info->keys[0]->id], $backup->keys);
        self::assertSame("{$place}/connections.sqlite", $backup->path);
        self::assertSame(filesize($backup->path), $backup->bytes);
        self::assertSame(0600, fileperms($backup->path) & 0777);
        self::assertStringNotContainsString('canary', (string) file_get_contents($backup->path));
        $n = 'echo $vault->get("reddit", "site:0")->document->get("n");';
        self::assertSame('1', $this->elsewhere($n, ['path' => $place]));
        self::assertSame('2', $this->elsewhere($n));
    }

    public function testNothingIsWrittenOver(): void
    {
        $vault = $this->open(['document_root' => '/usr/share']);
        $path = $this->directory . '/taken';
        file_put_contents($path, 'mine');
        self::assertThrows(ConflictException::class, static fn () => $vault->backup($path));
        self::assertSame('mine', file_get_contents($path));
        self::assertFileDoesNotExist($path . '.part');
        symlink($this->directory . '/nowhere', $path . '-link');
        self::assertThrows(ConflictException::class, static fn () => $vault->backup($path . '-link'));
        self::assertFileDoesNotExist($this->directory . '/nowhere');
        self::assertThrows(MissingDirectoryException::class, fn () => $vault->backup($this->directory . '/no/where'));
        self::assertThrows(InvalidArgumentException::class, static fn () => $vault->backup('here'));
        self::assertThrows(InDocumentRootException::class, static fn () => $vault->backup('/usr/share/backup'));
        self::assertFileDoesNotExist('/usr/share/backup');
    }

    public function testACopyAmongWritersIsOfOneMoment(): void
    {
        $vault = $this->open();
        $vault->save('reddit', 'site:0', ['n' => 0]);
        $writers = [];
        for ($writer = 1; $writer <= 3; $writer++) {
            $writers[] = $this->worker(
                'do {
                    $n = ($n ?? 0) + 1;
                    $vault->save("reddit", "user:{$arguments["me"]}", ["n" => $n, "pad" => str_repeat("x", 9000)]);
                    clearstatcache();
                } while (!file_exists($arguments["stop"]));',
                ['me' => $writer, 'stop' => $this->directory . '/stop']
            );
        }
        touch($this->directory . '/go');
        for ($before = $vault->writes(); $vault->writes() < $before + 3; usleep(1000)) {
            // Until they write.
            continue;
        }
        $copies = [];
        for ($copy = 0; $copy < self::size(20, 200); $copy++) {
            $copies[] = $vault->backup("{$this->directory}/copy-{$copy}");
            for ($tries = 1000; $copy === 0 && $vault->writes() === $copies[0]->writes && $tries > 0; $tries--) {
                // A quick machine makes all copies between two writes.
                usleep(1000);
            }
        }
        touch($this->directory . '/stop');
        foreach ($writers as $writer) {
            self::assertSame('', $writer->wait());
        }
        self::assertGreaterThan($copies[0]->writes, end($copies)->writes);
        foreach ($copies as $copy) {
            $said = Process::run(
                '$db = new PDO("sqlite:" . $arguments["file"]);
                echo $db->query("PRAGMA integrity_check")->fetchColumn(), " ",
                    $db->query("SELECT writes FROM store")->fetchColumn();',
                ['file' => $copy->path]
            );
            self::assertSame("ok {$copy->writes}", $said);
        }
    }
}
