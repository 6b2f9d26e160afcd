import type { Look } from '../../text/look.ts'
import type { CommandContext } from '../command.ts'

/** The look of what a command prints for people. */
export const lookOf = ({ options, terminal }: CommandContext): Look => ({
  style: terminal.style,
  columns: terminal.columns,
  rules: options.rules === true,
})
