<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * The zip of `make plugin`, as an administrator installs it, before anything is migrated: the site runs as before.
 */
final class InstallTest extends SiteTestCase
{
    /**
     * @return array<string, array{Kind, string}>
     */
    public static function sites(): array
    {
        return [
            'one site, ffi.enable=true' => [Kind::Single, 'true'],
            'one site, ffi.enable=preload' => [Kind::Single, 'preload'],
            'one site, ffi.enable=false' => [Kind::Single, 'false'],
            'network, ffi.enable=true' => [Kind::Network, 'true'],
            'network, ffi.enable=preload' => [Kind::Network, 'preload'],
        ];
    }

    /**
     * @dataProvider sites
     */
    public function testASiteWithItAnswersAsBefore(Kind $kind, string $ffi): void
    {
        $site = $this->ownSite(kind: $kind);
        $site->plugins->dataMachine();
        $site->plugins->connections(activate: false);
        $site->restart(ffi: $ffi, preload: $ffi === 'preload' ? Plugins::PRELOAD : '');
        $option = Fixtures::serialized('mixed');
        $site->setRow('datamachine_auth_data', $option);
        $site->plugins->activate(Plugins::CONNECTIONS);
        self::assertTrue($site->plugins->isActive(Plugins::CONNECTIONS));
        self::assertSame(200, $site->get('/')->status);
        self::assertSame(200, $site->as('admin')->get('/wp-admin/')->status);
        self::assertSame(200, $site->as('admin')->get('/wp-admin/site-health.php')->status);
        $expected = Fixtures::expected('mixed-api');
        $code = 'return DataMachine\Played::answers($arguments["getters"]);';
        $getters = ['getters' => array_map(array_keys(...), $expected)];
        self::assertSame($expected, $site->evaluate($code, $getters, as: 1, at: '/wp-admin/admin-ajax.php'));
        self::assertSame($option, $site->row('datamachine_auth_data'));
    }

    /**
     * @testWith ["single"]
     *           ["network"]
     */
    public function testTheZipIsUploadedAndTakenAwayAgain(string $kind): void
    {
        $site = $this->ownSite(kind: Kind::from($kind));
        $site->plugins->upload(Plugins::ZIP);
        $directory = $site->content('plugins/' . dirname(Plugins::CONNECTIONS));
        self::assertDirectoryExists("{$directory}/lib");
        self::assertSame(200, $site->plugins->activate(Plugins::CONNECTIONS)->status);
        self::assertSame(200, $site->get('/')->status);
        $site->plugins->deactivate(Plugins::CONNECTIONS);
        self::assertSame(200, $site->get('/')->status);
        $site->plugins->uninstall(Plugins::CONNECTIONS);
        self::assertDirectoryDoesNotExist($directory);
        self::assertSame(200, $site->get('/')->status);
    }
}
