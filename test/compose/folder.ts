import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Case } from './case.ts'

/** Writes a case's files, does work in its start folder, and removes the files. */
export const inFolderOf = <T>({ files, folder }: Case, work: (folder: string) => T): T => {
  const above = mkdtempSync(join(tmpdir(), 'portolan-compose-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      const file = join(above, 'shop', name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    const start = join(above, 'shop', folder ?? '')
    mkdirSync(start, { recursive: true })
    return work(start)
  } finally {
    rmSync(above, { recursive: true, force: true })
  }
}
