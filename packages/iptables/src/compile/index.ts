export * from './compile.ts'
