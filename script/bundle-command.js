/** The command, packages/portolan/dist/bundle, with the page of its report and the licences of what is in it. */
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
    // Help needs none of the commands, and is asked for in a terminal where waiting is felt.
    brief: { name: 'help', without: /^\.{1,2}\/(commands|completion)\// },
  })

const textFile = (name, text) => ({ path: join(root, folder, name), contents: Buffer.from(text) })

/** What its folder is to hold. */
export const bundleCommand = async () => {
  const [{ outputFiles, metafile }, page] = await Promise.all([bundleSources(), reportPage()])
  const licences = textFile('LICENSES.txt', await licenceText(metafile))
  return { folder, outputFiles: [...outputFiles, textFile('report-page.js', page), licences] }
}
