import { join } from 'node:path'
import { type LoadedScript, loadScript } from '@portolan/host/file'
import type { runCni, runNetavark } from '../index.ts'

/** The file with the code of all plugins. script/bundle.js defines this constant. */
declare const COMMANDS_FILE: string

/** The functions that do the work of the plugins. */
export interface Plugins {
  readonly runCni: typeof runCni
  readonly runNetavark: typeof runNetavark
}

/** The name of that file, which differs for each version of the plugins. */
export const pluginsFile: string = COMMANDS_FILE

/** The file that serves calls in the process of a watch. */
export const serverFile: string = join(import.meta.dirname, 'serve-plugins.cjs')

/**
 * Loads the code of the plugins.
 * @param purpose - V8's compiled code is kept apart for each purpose; null: it is not kept
 */
export const loadPlugins = (purpose: string | null): LoadedScript<Plugins> =>
  loadScript<Plugins>(join(import.meta.dirname, pluginsFile), purpose)
