/**
 * Makes the links in the READMEs of tarballs work. In the repository they are paths to other folders, which a tarball
 * does not have. A link to a package leads to the registry. A link to a file leads to the repository that package.json
 * names, at the tag of the release. While it names none, only the link's text stays. SECURITY.md goes into each
 * tarball.
 * Usage: node script/packed-readmes.js TARBALL...
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { packages, placesOf, workspace } from './workspace-packages.js'

const root = join(import.meta.dirname, '..')

/** The web address for `git+https://host/owner/name.git`; null where the URL is no http(s) address. */
const webAddress = (url) => {
  const address = url?.replace(/^git\+/, '').replace(/\.git$/, '') ?? ''
  return /^https?:\/\//.test(address) ? address : null
}

const packageAt = (path) => packages.find(({ folder }) => path === `packages/${folder}`)?.manifest.name

/**
 * @param folder - the folder of the text in the repository: `packages/core`
 * @param repository - the web address of the repository; null: package.json names none
 */
export const packedText = (text, folder, repository, version) =>
  text.replace(/(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g, (link, image, words, target) => {
    if (/^(?:[a-z]+:|#)/i.test(target)) return link
    const [path, mark] = target.split('#')
    const within = posix.join(folder, path)
    const name = packageAt(within)
    if (name !== undefined) return `[${words}](https://www.npmjs.com/package/${name})`
    // With a repository, the registry resolves a relative link there, so even a path inside the tarball needs a full
    // link.
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
    // The tarball's bytes depend on its files alone, on every machine and day, as with pnpm pack.
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
