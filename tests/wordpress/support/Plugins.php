<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * A site's plug-ins, through its admin pages as an administrator has them (on a network, the network's).
 */
final class Plugins
{
    public const DATA_MACHINE = 'data-machine/data-machine.php';
    /** Ours. */
    public const CONNECTIONS = 'data-machine-connections/datamachine-connections.php';
    /** For Settings::$preload, under `ffi.enable=preload`; it has to be there when php-fpm starts. */
    public const PRELOAD = 'data-machine-connections/php/preload.php';
    /** What `make plugin` makes. */
    public const ZIP = __DIR__ . '/../../../dist/datamachine-connections.zip';

    public function __construct(private readonly Site $site)
    {
    }

    /**
     * Puts a plug-in where WordPress finds it, as somebody who has the files.
     */
    public function put(string $directory, ?string $name = null): void
    {
        Files::copy($directory, $this->site->content('plugins/' . ($name ?? basename($directory))));
    }

    /**
     * Puts Data Machine there, as these tests play it (plugins/data-machine), and activates it. Its providers and what
     * is around them are those that the drop-in's tests play.
     */
    public function dataMachine(): void
    {
        $tests = __DIR__ . '/../..';
        $this->put("{$tests}/wordpress/plugins/data-machine");
        foreach (['datamachine.php', 'Calls.php', 'DataMachine.php', 'Rows.php'] as $file) {
            $this->put("{$tests}/dropin/{$file}", "data-machine/played/{$file}");
        }
        foreach (glob("{$tests}/dropin/providers/*.php") ?: [] as $file) {
            // These two are tools of the drop-in's tests, and Email is EmailAuth's parent.
            if (!in_array(basename($file), ['Plain.php', 'Told.php'], true)) {
                $this->put($file, 'data-machine/played/providers/' . basename($file));
            }
        }
        $this->put("{$tests}/php/Authority.php", 'data-machine/played/Authority.php');
        $this->activate(self::DATA_MACHINE);
    }

    /**
     * Puts ours there, as it is in the zip, and activates it where nothing else is said.
     */
    public function connections(bool $activate = true): void
    {
        $unpacked = Template::directory() . '/unpacked';
        if (!is_dir($unpacked)) {
            Command::run('unzip', '-q', self::ZIP, '-d', $unpacked);
        }
        $this->put("{$unpacked}/" . dirname(self::CONNECTIONS));
        if ($activate) {
            $this->activate(self::CONNECTIONS);
        }
    }

    /**
     * Uploads a zip.
     */
    public function upload(string $zip): Response
    {
        $path = $this->page('plugin-install.php?tab=upload');
        $admin = $this->site->as('admin');
        $form = $admin->open($path)->form('pluginzip');
        $answer = $admin->submit($path, $form, files: ['pluginzip' => $zip]);
        if (!str_contains($answer->text(), 'Plugin installed successfully')) {
            throw new \RuntimeException("WordPress did not install {$zip} ({$answer->status}): {$answer->text()}");
        }
        return $answer;
    }

    /**
     * Presses "Activate" (on a network "Network Activate").
     *
     * @param string $plugin its file, such as `data-machine/data-machine.php`
     *
     * @return Response the page on which that ends
     */
    public function activate(string $plugin): Response
    {
        return $this->press('activate', $plugin);
    }

    public function deactivate(string $plugin): Response
    {
        return $this->press('deactivate', $plugin);
    }

    /**
     * Presses "Delete" of what is not active, and says yes: WordPress uninstalls it and deletes its files.
     */
    public function uninstall(string $plugin): Response
    {
        $sure = $this->press('delete-selected', $plugin);
        $form = $sure->form('verify-delete');
        return $this->site->as('admin')->submit($this->page('plugins.php'), $form);
    }

    public function isActive(string $plugin): bool
    {
        $network = $this->site->settings()->kind === Kind::Network;
        $stored = $this->site->row($network ? 'active_sitewide_plugins' : 'active_plugins');
        $active = unserialize((string) $stored, ['allowed_classes' => false]) ?: [];
        return in_array($plugin, $network ? array_keys($active) : $active, true);
    }

    private function press(string $action, string $plugin): Response
    {
        $path = $this->page('plugins.php');
        $admin = $this->site->as('admin');
        $link = $admin->open($path)->link("action={$action}&", rawurlencode($plugin));
        return $admin->open(Browser::resolve($link, $path));
    }

    private function page(string $name): string
    {
        return ($this->site->settings()->kind === Kind::Network ? '/wp-admin/network/' : '/wp-admin/') . $name;
    }
}
