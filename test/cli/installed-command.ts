import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../packages/portolan')

/** Sorted by name. script/bundle-options.js says why these packages, or their native code, are not in the bundle. */
export const natives = ['@bomb.sh/tab', 'lmdb', 'netlink']

/** Installs the command into a folder, with nothing but its package and those libraries. */
export const installCommand = (folder: string): string => {
  const installed = join(folder, 'node_modules/portolan')
  for (const part of ['package.json', 'bin', 'dist/bundle'])
    cpSync(join(root, part), join(installed, part), { recursive: true })
  mkdirSync(join(folder, 'node_modules/@bomb.sh'), { recursive: true })
  for (const library of natives)
    symlinkSync(join(root, 'node_modules', library), join(folder, 'node_modules', library))
  return installed
}
