<?php

/**
 * What scripts/site.sh runs: starts a site, says where it is, and waits.
 */

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

require __DIR__ . '/../bootstrap.php';

$site = Site::start(new Settings(kind: Kind::from($argv[1]), address: 'http://127.0.0.1'));
$site->setRow('datamachine_auth_data', Fixtures::serialized('mixed'));
$site->plugins->dataMachine();
$site->plugins->connections();

$password = Template::password();
echo "\n  {$site->address()}/wp-admin/    admin, ada or bob; password: {$password}\n";
echo "  files: {$site->home()}\n  logs: {$site->run()}/*.log\n\nEnter ends it.\n";
fgets(STDIN);
$site->stop();
