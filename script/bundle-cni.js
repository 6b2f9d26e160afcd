/**
 * Bundles the plugins into packages/cni/dist/bundle. Engines start a plugin for each verb, so it is bundled as the
 * command is.
 */
import { join } from 'node:path'
import { licenceText } from './bundle-licences.js'
import { bundleProgram } from './bundle-program.js'

const root = join(import.meta.dirname, '..')
const folder = 'packages/cni/dist/bundle'

/** The folder of the bundle and its files. */
export const bundleCni = async () => {
  const { outputFiles, metafile } = await bundleProgram({
    folder,
    mains: {
      'portolan-cni': 'packages/cni/src/start/portolan-cni.ts',
      'portolan-netavark': 'packages/cni/src/start/portolan-netavark.ts',
      'serve-plugins': 'packages/cni/src/start/serve-plugins.ts',
    },
    rest: 'packages/cni/src/index.ts',
    name: 'plugins',
  })
  const licences = {
    path: join(root, folder, 'LICENSES.txt'),
    contents: Buffer.from(await licenceText(metafile)),
  }
  return { folder, outputFiles: [...outputFiles, licences] }
}
