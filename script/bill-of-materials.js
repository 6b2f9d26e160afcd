/**
 * Writes a software bill of materials (CycloneDX, JSON) beside each tarball of a release. It lists what the package
 * depends on, and what its bundle contains. pnpm makes it from the installed tree.
 * Usage: node script/bill-of-materials.js FOLDER PNPM, after script/bundle.js. PNPM is its path.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = join(import.meta.dirname, '..')
const [, , where = '.', pnpmPath = 'pnpm'] = process.argv
const folder = resolve(where)
const bundle = 'dist/bundle'

const pnpm = (...words) => execFileSync(pnpmPath, words, { cwd: root, encoding: 'utf8' })

const billOf = (...words) => JSON.parse(pnpm(...words, 'sbom', '--sbom-format', 'cyclonedx'))

/** The libraries in a program's bundle, as `name@version`, from the bundle's file of licences. */
const bundledLibraries = (program) => {
  const text = readFileSync(join(root, 'packages', program, bundle, 'LICENSES.txt'), 'utf8')
  return new Set(
    [...text.matchAll(/^(\S+) (\d+\.\d+\.\S+) \(.+\)$/gm)].map(([, name, version]) => `${name}@${version}`),
  )
}

const nameOf = ({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name}@${version}`

const marked = (component) => ({
  ...component,
  properties: [...(component.properties ?? []), { name: 'portolan:bundled', value: bundle }],
})

/**
 * Adds the libraries that are only in the bundle. They are development dependencies of the package, such as
 * prom-client.
 */
const withBundle = (shipped, all, bundled) => {
  const refs = new Set(shipped.components.map((component) => component['bom-ref']))
  const components = all.components
    .filter((component) => refs.has(component['bom-ref']) || bundled.has(nameOf(component)))
    .map((component) => (bundled.has(nameOf(component)) ? marked(component) : component))
  const missing = [...bundled].filter((library) => !components.some((one) => nameOf(one) === library))
  if (missing.length > 0) throw new Error(`pnpm does not list what is in the bundle: ${missing.join(', ')}.`)
  const kept = new Set([all.metadata.component, ...components].map((component) => component['bom-ref']))
  const dependencies = all.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }))
  return { ...all, components, dependencies }
}

const out = join(folder, '%s-%v.cdx.json')
const every = ['-r', '--filter', './packages/*', 'sbom', '--split', '--prod', '--sbom-format', 'cyclonedx']
pnpm(...every, '--out', out)
const { version } = JSON.parse(readFileSync(join(root, 'packages/portolan/package.json'), 'utf8'))
for (const [program, name, file] of [
  ['portolan', 'portolan', 'portolan'],
  ['cni', '@portolan/cni', 'portolan-cni'],
  ['etcd', '@portolan/etcd', 'portolan-etcd'],
]) {
  const path = join(folder, `${file}-${version}.cdx.json`)
  const shipped = JSON.parse(readFileSync(path, 'utf8'))
  const whole = withBundle(shipped, billOf('--filter', name), bundledLibraries(program))
  writeFileSync(path, `${JSON.stringify(whole, null, 2)}\n`)
}
