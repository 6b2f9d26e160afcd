import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach } from '@jest/globals'
import type { Journal } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open-journal.ts'

/** A journal for each test, in a folder of its own. The folder is removed together with everything the test opened. */
export interface JournalInFolder {
  readonly folder: string
  readonly file: string
  /** All journals that the test opened. */
  readonly opened: Journal[]
  readonly open: () => Journal
  /** Appends a record, as another process would. */
  readonly append: (record: string) => void
}

/** @param path - the path of the journal in the folder */
export const journalInFolder = (...path: readonly string[]): JournalInFolder => {
  let folder = ''
  const opened: Journal[] = []
  const file = (): string => join(folder, ...path)
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portolan-journal-'))
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((journal) => journal.close()))
    rmSync(folder, { recursive: true })
  })
  return {
    get folder() {
      return folder
    },
    get file() {
      return file()
    },
    opened,
    open: () => {
      const journal = openJournal(file())
      opened.push(journal)
      return journal
    },
    append: (record) =>
      appendFileSync(file(), `\n${crc32(record).toString(16).padStart(8, '0')} ${record}\n`),
  }
}
