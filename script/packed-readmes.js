/**
 * Makes the links in the READMEs of tarballs lead somewhere: in a repository they are paths to its other folders, which
 * a tarball does not have. Packages are linked at the registry, files in the repository that package.json names, at
 * the tag of the release; while it names none, such a link is its text alone. SECURITY.md goes into each tarball.
 * Usage: node script/packed-readmes.js TARBALL...
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { packages, placesOf, workspace } from './workspace-packages.js'

const root = join(import.meta.dirname, '..')

/** `git+https://host/owner/name.git` as a browser takes it; null where it is no address of the web. */
const webAddress = (url) => {
  const address = url?.replace(/^git\+/, '').replace(/\.git$/, '') ?? ''
  return /^https?:\/\//.test(address) ? address : null
}

const packageAt = (path) => packages.find(({ folder }) => path === `packages/${folder}`)?.manifest.name

/**
 * @param folder - where the text stands in the repository: `packages/core`
 * @param repository - the address of the repository; null while there is none
 */
export const packedText = (text, folder, repository, version) =>
  text.replace(/(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g, (link, image, words, target) => {
    if (/^(?:[a-z]+:|#)/i.test(target)) return link
    const [path, mark] = target.split('#')
    const within = posix.join(folder, path)
    const name = packageAt(within)
    if (name !== undefined) return `[${words}](https://www.npmjs.com/package/${name})`
    // A registry shows a README beside the repository, if it names one, and so a path in the tarball leads nowhere there.
    if (repository === null) return within === 'SECURITY.md' ? `[${words}](${within})` : words
    const kind = image === '!' ? 'raw' : 'blob'
    return `${image}[${words}](${repository}/${kind}/v${version}/${within}${mark === undefined ? '' : `#${mark}`})`
  })

const rewrite = (tarball) => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-readme-'))
  try {
    execFileSync('tar', ['xzf', tarball, '-C', folder])
    const inside = join(folder, 'package')
    const { name, version } = JSON.parse(readFileSync(join(inside, 'package.json'), 'utf8'))
    const source = packages.find(({ manifest }) => manifest.name === name).folder
    const readme = join(inside, 'README.md')
    const repository = webAddress(placesOf(source, workspace.manifest).repository?.url)
    const packed = (from, folder) => packedText(readFileSync(from, 'utf8'), folder, repository, version)
    writeFileSync(readme, packed(readme, `packages/${source}`))
    writeFileSync(join(inside, 'SECURITY.md'), packed(join(root, 'SECURITY.md'), ''))
    // As pnpm packs: the same bytes for the same files, on every machine and day.
    const alike = ['--mtime=@499162500', '--owner=0', '--group=0', '--numeric-owner']
    const files = execFileSync('find', ['package', '-type', 'f'], { cwd: folder, encoding: 'utf8' })
      .trim()
      .split('\n')
      .sort()
      .join('\n')
    const bytes = execFileSync('tar', [...alike, '-C', folder, '-T', '-', '-cf', '-'], {
      ...{ input: files, maxBuffer: 2 ** 28 },
    })
    writeFileSync(tarball, execFileSync('gzip', ['-n', '-9'], { input: bytes, maxBuffer: 2 ** 28 }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename) for (const tarball of process.argv.slice(2)) rewrite(tarball)
