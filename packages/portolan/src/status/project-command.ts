import type { PlanOptions } from '../plan/plan-options.ts'
import { wordsOf } from '../plan/with-commands.ts'

/** Writes a command of `portolan` so that it is about a project. */
export type ProjectCommand = (command: string, project: string) => string

/** The words in which texts about a project name commands of `portolan` and other things that the user may change. */
export const wordsAbout = (
  project: string,
  {
    written,
    wording,
  }: { readonly written?: ProjectCommand | undefined; readonly wording?: PlanOptions['wording'] | undefined },
): Pick<PlanOptions, 'ownCommand' | 'wording'> => {
  const ownCommand =
    written === undefined ? {} : { ownCommand: (command: string) => written(command, project) }
  return { ...ownCommand, ...wordsOf({ ...ownCommand, ...(wording && { wording }) }) }
}
