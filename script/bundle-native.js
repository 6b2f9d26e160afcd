/**
 * A plugin of esbuild: a library with native code, without that code. Its JavaScript goes into the bundle, where V8 is
 * handed what it compiled of it before; node finds and compiles the modules of lmdb one by one (measured: 25 ms of processor
 * time, a third of the start of node itself). The native code is loaded from where it is installed. netlink stays outside:
 * it is two modules, and tests count what goes through it.
 */
import { createRequire } from 'node:module'
import { replacedText } from './replaced-text.js'

const require = createRequire(import.meta.resolve('portolan'))

/** A class that stands for one of a library, which is loaded when the first of it is made. */
const loadedWhenMade = (name) => `class { constructor(...args) { return new (${name})(...args) } }`

/** What takes the place of a text in lmdb. */
const changes = [
  // The places that it looks for its native code from.
  ['__filename', "require.resolve('lmdb')"],
  // These are for values that are neither text nor bytes, and for a cache. The licence of the second comes without its
  // text, which a copy in the bundle would have to carry.
  ...['msgpackr', 'weak-lru-cache'].map((name) => [
    `require('${name}')`,
    `{ load: () => require('node:module').createRequire(require.resolve('lmdb'))('${name}') }`,
  ]),
  ['MsgpackrEncoder: msgpackr.Encoder', `MsgpackrEncoder: ${loadedWhenMade('msgpackr.load().Encoder')}`],
  [
    'WeakLRUCache: weakLruCache.WeakLRUCache',
    `WeakLRUCache: ${loadedWhenMade('weakLruCache.load().WeakLRUCache')}`,
  ],
]

/** @type {import('esbuild').Plugin} */
export const nativeApart = {
  name: 'native-apart',
  setup: (build) => {
    build.onResolve({ filter: /^lmdb$/ }, ({ path, kind }) =>
      // Where it is installed is asked by these when it is loaded.
      kind === 'require-resolve' ? { path, external: true } : { path: require.resolve(path) },
    )
    replacedText('lmdb', [[require.resolve('lmdb'), changes]], 'script/bundle-native.js').setup(build)
  },
}
