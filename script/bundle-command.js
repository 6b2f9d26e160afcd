/**
 * Bundles the command into packages/portolan/dist/bundle, with the page of its report and the licences of the bundled
 * libraries.
 */
import { join } from 'node:path'
import { licenceText } from './bundle-licences.js'
import { bundleProgram } from './bundle-program.js'
import { reportPage } from './report-page.js'

const root = join(import.meta.dirname, '..')
const folder = 'packages/portolan/dist/bundle'

const bundleSources = () =>
  bundleProgram({
    folder,
    mains: { main: 'packages/portolan/src/command/main.ts' },
    rest: 'packages/portolan/src/command/run.ts',
    name: 'commands',
    // Help needs no command's code. A person waits for help at a terminal, so it loads a smaller file.
    brief: { name: 'help', without: /^\.{1,2}\/(commands|completion)\// },
  })

const textFile = (name, text) => ({ path: join(root, folder, name), contents: Buffer.from(text) })

/** The folder of the bundle and its files. */
export const bundleCommand = async () => {
  const [{ outputFiles, metafile }, page] = await Promise.all([bundleSources(), reportPage()])
  const licences = textFile('LICENSES.txt', await licenceText(metafile))
  return { folder, outputFiles: [...outputFiles, textFile('report-page.js', page), licences] }
}
