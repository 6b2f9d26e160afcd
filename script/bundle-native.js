/**
 * A plugin of esbuild that bundles the JavaScript of lmdb without its native code, which is loaded from where lmdb is
 * installed. V8's compiled code is kept for the bundle. Without this, node finds and compiles the modules of lmdb one
 * by one (measured: 25 ms of processor time, a third of the start of node itself). netlink stays outside: it is two
 * modules, and tests count the messages that go through it.
 */
import { createRequire } from 'node:module'
import { replacedText } from './replaced-text.js'

const require = createRequire(import.meta.resolve('portolan'))

/** A class that loads a library's class when the first instance is made. */
const loadedWhenMade = (name) => `class { constructor(...args) { return new (${name})(...args) } }`

/** The replaced texts of lmdb. */
const changes = [
  // The place where lmdb looks for its native code.
  ['__filename', "require.resolve('lmdb')"],
  // Only values that are neither text nor bytes need msgpackr, and only a cache needs weak-lru-cache. They stay
  // outside: weak-lru-cache ships no text of its licence, which a copy in the bundle would have to carry.
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
      // `require.resolve` stays in the bundle: at run time it finds where lmdb is installed.
      kind === 'require-resolve' ? { path, external: true } : { path: require.resolve(path) },
    )
    replacedText('lmdb', [[require.resolve('lmdb'), changes]], 'script/bundle-native.js').setup(build)
  },
}
