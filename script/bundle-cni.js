/** The CNI plugin, packages/cni/dist/bundle: a runtime starts it for each verb, so it is put together as the command is. */
import { join } from 'node:path'
import { licenceText } from './bundle-licences.js'
import { bundleProgram } from './bundle-program.js'

const root = join(import.meta.dirname, '..')
const folder = 'packages/cni/dist/bundle'

/** What its folder is to hold. */
export const bundleCni = async () => {
  const { outputFiles, metafile } = await bundleProgram({
    folder,
    main: 'packages/cni/src/main.ts',
    rest: 'packages/cni/src/run-cni.ts',
    name: 'run-cni',
  })
  const licences = {
    path: join(root, folder, 'LICENSES.txt'),
    contents: Buffer.from(await licenceText(metafile)),
  }
  return { folder, outputFiles: [...outputFiles, licences] }
}
