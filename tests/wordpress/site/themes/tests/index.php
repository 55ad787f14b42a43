<?php

/**
 * Debian's package has no theme.
 */

declare(strict_types=1);

?>
<!DOCTYPE html>
<html <?php language_attributes(); ?>>
<head><meta charset="<?php bloginfo('charset'); ?>"><title><?php bloginfo('name'); ?></title><?php wp_head(); ?></head>
<body><?php wp_body_open(); ?><h1><?php bloginfo('name'); ?></h1>
<?php while (have_posts()) : ?>
    <?php the_post(); ?>
    <article><h2><?php the_title(); ?></h2><?php the_content(); ?></article>
<?php endwhile; ?>
<?php wp_footer(); ?></body>
</html>
