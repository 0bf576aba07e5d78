import fc from 'fast-check'

// lists are of ten items at most by default, whatever `maxLength` they are given
fc.configureGlobal({ ...fc.readConfigureGlobal(), baseSize: 'medium' })
