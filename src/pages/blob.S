/* blob.S - the pack of web pages, as bytes of the program. */
        .section .rodata
        .balign 16
        .global pages_blob_begin
        .global pages_blob_end
pages_blob_begin:
        .incbin PAGES_PACK
pages_blob_end:
        .byte 0
        .section .note.GNU-stack,"",%progbits
