/**
 * The manifests of the packages that a release publishes, and the keys that they copy from the workspace's manifest.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

const manifestAt = (path) => ({ path, manifest: JSON.parse(readFileSync(path, 'utf8')) })

export const workspace = manifestAt(join(root, 'package.json'))

export const packages = readdirSync(join(root, 'packages'))
  .sort()
  .map((folder) => ({ folder, ...manifestAt(join(root, 'packages', folder, 'package.json')) }))

/** The keys that tell where a package comes from. The owner fills them in only in the workspace's package.json. */
const places = ['repository', 'homepage', 'bugs']

export const missingPlaces = (manifest = workspace.manifest) => places.filter((place) => !manifest[place])

/** The values of these keys for a package, made from the workspace's. */
export const placesOf = (folder, manifest = workspace.manifest) => {
  const { repository, homepage, bugs } = manifest
  const source = typeof repository === 'string' ? { type: 'git', url: repository } : repository
  return {
    ...(source && { repository: { ...source, directory: `packages/${folder}` } }),
    ...(homepage && { homepage }),
    ...(bugs && { bugs }),
  }
}

/** Copies the keys into the package.json of each package, and deletes those that the workspace does not state. */
export const writePlaces = () => {
  for (const { folder, path, manifest } of packages) {
    const { license, repository, homepage, bugs, ...rest } = manifest
    const { name, version, description, ...others } = rest
    const whole = { name, version, description, license, ...placesOf(folder), ...others }
    writeFileSync(path, `${JSON.stringify(whole, null, 2)}\n`)
  }
}
