/**
 * Lists what a package must state before its first publication, and fails while something is missing. With --write it
 * copies the statements of the workspace's package.json into the package.json of each package.
 * Usage: node script/publishable.js [--write]
 */
import { missingPlaces, writePlaces } from './workspace-packages.js'

if (process.argv.includes('--write')) writePlaces()
const missing = missingPlaces()
if (missing.length > 0) {
  console.error(
    `portolan: package.json of the workspace has no ${missing.join(', no ')}. A registry shows them as the way to the sources and to their maintainers. Fill them in there, then run: node script/publishable.js --write`,
  )
  process.exitCode = 1
}
