/**
 * Bundles the client of etcd into packages/etcd/dist/bundle, for the programs of this workspace: one file with etcd3
 * and gRPC, and one that tells its name. As modules, each command with a cluster would find, read and compile some 200
 * files. A program that imports `@portolan/etcd` gets the modules instead, and shares their libraries.
 */
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { licenceText } from './bundle-licences.js'
import { bundleFile } from './bundle-program.js'
import { replacedText } from './replaced-text.js'

const root = join(import.meta.dirname, '..')
const folder = 'packages/etcd/dist/bundle'

const requireFrom = (file) => createRequire(file)
const etcd3 = dirname(requireFrom(join(root, 'packages/etcd/package.json')).resolve('etcd3'))
const pool = join(etcd3, 'connection-pool.js')

/**
 * gRPC's parsed form of etcd's service definitions. Without this etcd3 reads and parses the definitions at each start.
 */
const services = () => {
  const loader = requireFrom(pool).resolve('@grpc/proto-loader')
  const { loadProtosWithOptionsSync } = requireFrom(loader)('./util')
  const definitions = loadProtosWithOptionsSync(join(etcd3, '../proto/rpc.proto'), { keepCase: true })
  return JSON.stringify(definitions.toJSON())
}

const parsedBefore = () =>
  replacedText(
    'parsed-before',
    [
      [
        pool,
        [
          [
            // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of etcd3.
            '(0, proto_loader_1.loadSync)(`${__dirname}/../proto/rpc.proto`, ',
            `(0, proto_loader_1.fromJSON)(JSON.parse(${JSON.stringify(services())}), `,
          ],
        ],
      ],
    ],
    'script/bundle-etcd.js',
  )

/** The folder of the bundle and its files. */
export const bundleEtcd = async () => {
  const { outputFiles, metafile } = await bundleFile(folder, 'client', 'packages/etcd/src/index.ts', [
    parsedBefore(),
  ])
  const textFile = (name, text) => ({ path: join(root, folder, name), contents: Buffer.from(text) })
  const client = basename(outputFiles[0]?.path ?? '')
  const name = textFile(
    'client-file.cjs',
    `module.exports = require('node:path').join(__dirname, '${client}')\n`,
  )
  return {
    folder,
    outputFiles: [name, ...outputFiles, textFile('LICENSES.txt', await licenceText(metafile))],
  }
}
