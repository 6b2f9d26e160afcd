import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../../packages/', import.meta.url))

export const packageNames = [
  'netfilter',
  'core',
  'host',
  'iptables',
  'nftables',
  'portolan',
  'testing',
  'cni',
  'etcd',
] as const

/** An export with @public in its doc comment. */
export interface PublicExport {
  /** The file below the folder of packages, and the name: `core/src/contract/reach.ts reach`. */
  readonly name: string
  readonly kind: 'function' | 'other'
  /** The doc comment without its stars. */
  readonly comment: string
}

const commented = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (\w[\w ]*?) (\w+)(.*)/g

const exportsOfFile = (text: string, file: string): readonly PublicExport[] =>
  [...text.matchAll(commented)].flatMap(([, stars = '', keyword = '', name = '', rest = '']) => {
    if (!stars.includes('@public')) return []
    const isFunction =
      keyword.includes('function') || (keyword === 'const' && /^(:.*)? = (async )?(\(|<)/.test(rest))
    const comment = stars.replace(/^\s*\* ?/gm, '')
    return [{ name: `${file} ${name}`, kind: isFunction ? 'function' : 'other', comment }]
  })

/** All public exports of one package, also those that its index does not re-export. */
export const publicExportsOf = (name: (typeof packageNames)[number]): readonly PublicExport[] => {
  const source = join(packages, name, 'src')
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .flatMap((file) => exportsOfFile(readFileSync(join(source, file), 'utf8'), `${name}/src/${file}`))
}
