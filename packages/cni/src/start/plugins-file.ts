import { join } from 'node:path'
import { type LoadedScript, loadScript } from '@portolan/host/file'
import type { runCni, runNetavark } from '../index.ts'

/** Written by script/bundle.js: the file that has all that does the work. */
declare const COMMANDS_FILE: string

/** What does the work, of all plugins. */
export interface Plugins {
  readonly runCni: typeof runCni
  readonly runNetavark: typeof runNetavark
}

/** Tells this version of the plugins from others. */
export const pluginsFile: string = COMMANDS_FILE

/** The file that serves calls in the process of a watch. */
export const serverFile: string = join(import.meta.dirname, 'serve-plugins.cjs')

/** @param purpose - what V8 compiles for each is kept for itself */
export const loadPlugins = (purpose: string | null): LoadedScript<Plugins> =>
  loadScript<Plugins>(join(import.meta.dirname, pluginsFile), purpose)
