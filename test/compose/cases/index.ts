import type { Case } from '../case.ts'
import { fileCases } from './files.ts'
import { networkCases } from './networks.ts'
import { portCases } from './ports.ts'
import { projectCases } from './project.ts'
import { variableCases } from './variables.ts'
import { yamlCases } from './yaml.ts'

/** Every small project that is held to Compose. */
export const cases: readonly Case[] = [
  ...portCases,
  ...variableCases,
  ...yamlCases,
  ...networkCases,
  ...fileCases,
  ...projectCases,
]
