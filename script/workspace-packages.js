/** The manifests of what a release publishes, and what they have from the workspace's own. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

const manifestAt = (path) => ({ path, manifest: JSON.parse(readFileSync(path, 'utf8')) })

export const workspace = manifestAt(join(root, 'package.json'))

export const packages = readdirSync(join(root, 'packages'))
  .sort()
  .map((folder) => ({ folder, ...manifestAt(join(root, 'packages', folder, 'package.json')) }))

/** Where a package says that it comes from: filled in in the workspace's package.json alone, by its owner. */
const places = ['repository', 'homepage', 'bugs']

export const missingPlaces = (manifest = workspace.manifest) => places.filter((place) => !manifest[place])

/** What a package says of these, by what the workspace says. */
export const placesOf = (folder, manifest = workspace.manifest) => {
  const { repository, homepage, bugs } = manifest
  const source = typeof repository === 'string' ? { type: 'git', url: repository } : repository
  return {
    ...(source && { repository: { ...source, directory: `packages/${folder}` } }),
    ...(homepage && { homepage }),
    ...(bugs && { bugs }),
  }
}

/** Copies them into the package.json of each package, and takes away what the workspace does not say. */
export const writePlaces = () => {
  for (const { folder, path, manifest } of packages) {
    const { license, repository, homepage, bugs, ...rest } = manifest
    const { name, version, description, ...others } = rest
    const whole = { name, version, description, license, ...placesOf(folder), ...others }
    writeFileSync(path, `${JSON.stringify(whole, null, 2)}\n`)
  }
}
