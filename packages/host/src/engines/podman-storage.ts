import { join } from 'node:path'
import { readTextFile } from '../file/index.ts'

/** The files of containers-storage.conf(5). The first one that exists counts, and replaces the other. */
const files = ['etc/containers/storage.conf', 'usr/share/containers/storage.conf']

const usual = 'var/lib/containers/storage'

const mostBytes = 2 ** 20

/**
 * The folder where Podman keeps its containers, below the root folder: `graphroot` of storage.conf. Once Podman has
 * run, the folder exists and holds Podman's own database.
 */
export const podmanStorage = (root: string): string => {
  for (const file of files) {
    const text = textOf(join(root, file))
    if (text !== null) return graphroot(text) ?? usual
  }
  return usual
}

const textOf = (file: string): string | null => {
  try {
    return readTextFile(file, { mostBytes, invalid: 'replace' })
  } catch {
    return null
  }
}

/** Reads `graphroot = "value"` in `[storage]`. Nothing else of the TOML is read. */
const graphroot = (text: string): string | null => {
  let section = ''
  for (const line of text.split('\n')) {
    section = /^\s*\[(.*)\]/.exec(line)?.[1]?.trim() ?? section
    const value = section === 'storage' ? /^\s*graphroot\s*=\s*(["'])(\/.*?)\1/.exec(line)?.[2] : undefined
    if (value !== undefined) return value
  }
  return null
}
