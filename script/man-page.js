/**
 * The manual page that ships with the command, from the tables of its commands and options.
 *
 * Started by hand, after a build, it writes the page: npm run man-page. A test holds the page to the tables.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { manPage } from '../packages/portolan/dist/command/man-page.js'

const folder = join(import.meta.dirname, '../packages/portolan/man')
await mkdir(folder, { recursive: true })
await writeFile(join(folder, 'portolan.1'), manPage())
