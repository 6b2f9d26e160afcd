import { resolve } from 'node:path'
import type { Intent } from '@portolan/core'
import { defaultStateDirectory, noteWatchedText } from '@portolan/host'
import type { Options } from '../options/option-table.ts'
import { findProject } from '../sources/find-project.ts'
import { wishOf } from './wish-of.ts'

/** Tells other processes which text a watch goes by, and what the text asks for. */
export interface WatchedNote {
  /** The text was read, and this is what it says now. */
  says(intent: Intent): void
  /** This is in force from now on. */
  holds(intent: Intent): void
  /** Tells everything again, because what was told is lost. */
  again(): void
  end(): void
}

/** The options that `readIntent` uses. */
const reading = ['file', 'project', 'profile', 'env-file', 'project-directory'] as const

export const noteWatched = (options: Options, project: string): WatchedNote => {
  const directory = options.state ?? defaultStateDirectory()
  const text =
    options.intent === undefined
      ? { sources: filesOf(options), reading: { folder: process.cwd(), options: readingOptions(options) } }
      : { sources: [options.intent], reading: null }
  let said: string | null = null
  let held: string | null = null
  const note = (): void => {
    const wishes = [...new Set([said, held].flatMap((one) => one ?? []))]
    noteWatchedText(directory, project, { ...text, wishes })
  }
  return {
    says: (intent) => {
      said = wishOf(intent)
      note()
    },
    holds: (intent) => {
      held = wishOf(intent)
      note()
    },
    again: note,
    end: () => noteWatchedText(directory, project, null),
  }
}

/** The files of a project by their absolute paths; a pipe by its name. */
export const filesOf = (options: Options, environment: NodeJS.ProcessEnv = process.env): readonly string[] =>
  (findProject(options, environment)?.files ?? []).map((file) => (file === '-' ? file : resolve(file)))

const readingOptions = (options: Options): Readonly<Record<string, string | string[]>> =>
  Object.fromEntries(
    reading.flatMap((name) => {
      const value = options[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
